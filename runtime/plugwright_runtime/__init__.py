"""What every SDK that plugwright generates imports; all behaviour lives here, none of it generated.

Importing this package does no work: each module is loaded by the code that needs it.
"""
