"""The race: the bridge beside what people would use in its place, on one machine."""
