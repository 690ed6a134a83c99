"""The screens of the app, one a file, with its styles beside it."""
