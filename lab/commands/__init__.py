"""The verbs of the command line, one small function each. What is heavy is imported inside the verb that needs it."""
