"""How does a plan become files on disk, and whose are the files that are there?"""
