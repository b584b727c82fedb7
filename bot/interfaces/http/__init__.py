"""The HTTP server: reads requests, asks the one assistant, writes responses. Makes no decision about answers."""
