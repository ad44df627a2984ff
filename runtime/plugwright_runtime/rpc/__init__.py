"""How is a call made, and how is one answered? Clients, servicers, and errors either way."""
