"""What has changed for users since another state, and which version does that ask for?"""
