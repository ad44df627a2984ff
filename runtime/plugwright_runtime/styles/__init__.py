"""How does a host find a plugin that it has started? One module for each launch style."""
