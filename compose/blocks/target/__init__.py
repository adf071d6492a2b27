"""What values are regressed on."""
