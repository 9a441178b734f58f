"""The revisions, oldest first by their number; none is ever changed once it was released."""
