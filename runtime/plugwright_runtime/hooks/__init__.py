"""What is a hook, who handles it, and how does its call become an answer?"""
