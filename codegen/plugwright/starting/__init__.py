"""How does a project begin: a plugin, or the SDK of a system? Names in, a small project out."""
