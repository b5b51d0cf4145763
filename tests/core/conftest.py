from hypothesis import settings

# Shared machines stall; how long an example takes says nothing about the core.
settings.register_profile("core", deadline=None)
settings.load_profile("core")
