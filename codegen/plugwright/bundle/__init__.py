"""What does an installable plugin consist of, and how is it packed?"""
