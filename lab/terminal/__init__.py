"""A terminal: a program in a pty, the screen it draws on, the keys it is sent. No Textual here."""
