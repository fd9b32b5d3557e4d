"""The printed service guides: books (dialogs.guides) drawn as HTML and PDF, and written into a folder."""
