"""What a contact centre asks of its history: events and figures."""
