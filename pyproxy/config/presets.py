"""Fills in what a known provider leaves open: a user of one says its key and no more.

A provider is known by its ``preset``, or by its own name where it says no address. One that says its address and no preset is held to be
what it says, but for what the address is known to refuse or to have.

A name alone stands for an address only where every key is a setting: with a ``baseUrl`` that was meant for an address the credential
must not go elsewhere, when a lenient reading leaves that key out.
"""

from pyproxy.config.known_providers import KnownProvider, known_provider, known_provider_at
from pyproxy.config.providers import ProviderConfig
from pyproxy.config.tree import Entry, Node, Place, Scalar, Table


def fill_in_presets(root: Table) -> Table:
    """Return the tree with the settings of presets in its providers; what a provider says itself stays."""
    providers = root.table("providers")
    if providers is None:
        return root
    entries = {
        name: Entry(entry.place, _filled(name, entry.place, entry.value), entry.overrides) if isinstance(entry.value, Table) else entry
        for name, entry in providers.entries.items()
    }
    return root.with_value("providers", providers.with_entries(entries))


def _filled(name: str, place: Place, table: Table) -> Table:
    """Return a provider with what it leaves open.

    A preset that there is none of has been misspelt: of the address that it does not give nobody is to tell, too.
    """
    missing: dict[str, Node] = {}
    if "preset" in table.entries:
        known = next((known_provider(str(text.value)) for text in table.texts("preset")), None)
        missing = {"base_url": Scalar(place, "", broken=True)} if known is None else _settings(known, place)
    elif "base_url" not in table.entries:
        known = known_provider(name) if table.entries.keys() <= ProviderConfig.model_fields.keys() else None
        missing = {} if known is None else _settings(known, place)
    else:
        known = next((known_provider_at(str(text.value)) for text in table.texts("base_url")), None)
        missing = {} if known is None else {key: Scalar(place, value) for key, value in known.quirks.items()}
    added = {key: Entry(place, value) for key, value in missing.items()}
    return table.with_entries({**added, **table.entries})


def _settings(known: KnownProvider, place: Place) -> dict[str, Node]:
    settings: dict[str, Node] = {"dialect": Scalar(place, known.dialect)}
    if known.base_url:
        settings["base_url"] = Scalar(place, known.base_url)
    if known.name == "azure":
        settings["azure"] = Table(place, {})
    return settings | {key: Scalar(place, value) for key, value in known.quirks.items()}
