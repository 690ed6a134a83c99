"""What an author does: prove that every answer gets the verdict it should."""
