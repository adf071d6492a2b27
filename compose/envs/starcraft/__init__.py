"""What every StarCraft-like environment shares: units, scenarios, views of battles."""
