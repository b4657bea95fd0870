"""What is sent to survey vendors, and what they answer; one file per vendor."""
