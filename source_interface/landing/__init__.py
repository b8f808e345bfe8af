"""The page that the charity puts on its ordinary website, and the poster: how to get to the onion site safely."""
