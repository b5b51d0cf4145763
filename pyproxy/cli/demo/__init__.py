"""`pyproxy demo`: the sidecar over two embedded mock providers, live or as a scripted scene."""
