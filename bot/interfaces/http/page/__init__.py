"""The page: what a browser asks with, signs in to, and reads in. The routes are in `bot.interfaces.http.routes`."""
