"""How is Python written? Names, types as expressions, imports, and lines that fit."""
