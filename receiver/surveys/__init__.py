"""Pages on which customers answer surveys, stop invitations, and rate a chat of Alvaria."""
