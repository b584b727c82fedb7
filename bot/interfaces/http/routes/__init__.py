"""The paths of the HTTP server, one module for each kind of request."""
