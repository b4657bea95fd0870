"""The web face: pages for the people who run the bridge."""
