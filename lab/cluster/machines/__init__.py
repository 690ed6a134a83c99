"""What an engine does on machines of any kind."""
