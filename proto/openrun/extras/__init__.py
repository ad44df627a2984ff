"""What the protos of OpenRun do not say: modules and their functions, values, sessions, and a
server for tests.
"""
