"""Calls to providers: the transport port, its adapters, and the mock provider. Nothing here knows limits or fallback."""
