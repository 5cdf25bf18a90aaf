"""Sets the clinic up: one module for each area, one function for each command of `domain.setup`.

Saving needs a manager's rights (NotAllowed) and the version that was seen (SetupConflict with what stands and who
changed it). A field that cannot be used is named by InvalidInput. What is used is deactivated, never deleted.
"""
