"""What did the user ask for, what is printed, and how does it end?"""
