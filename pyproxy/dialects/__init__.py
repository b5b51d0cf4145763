"""What each client's API looks like on the wire; pure functions from values to bytes."""
