"""What a run leaves: one JSON file each, with the code and the machine it was made with, and whether it still holds."""
