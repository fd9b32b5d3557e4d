"""How it is kept so that nobody else reads it: keys, sealed rows, sealed files."""
