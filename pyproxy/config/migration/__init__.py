"""From files of old to the canonical form: what would change, what would be lost, and the change itself.

`plan_migration` reads and plans, and holds its plan against the configuration as it is: a plan never changes what a configuration
means. `write_migration` carries it out.
"""

from pyproxy.config.migration.plan import ByHand, Migration, plan_migration
from pyproxy.config.migration.texts import Change
from pyproxy.config.migration.writing import WriteError, write_migration

__all__ = ["ByHand", "Change", "Migration", "WriteError", "plan_migration", "write_migration"]
