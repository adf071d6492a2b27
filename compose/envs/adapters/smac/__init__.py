"""The original SMAC (github.com/oxwhirl/smac), played through its public attributes; StarCraft II itself is needed."""
