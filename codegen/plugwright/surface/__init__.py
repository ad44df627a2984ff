"""What do users of an SDK see, and what did they see when it was last generated?"""
