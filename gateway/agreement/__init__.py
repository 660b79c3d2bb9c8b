"""Whether each neighbour holds what was said: asked of it by person, judged by the domain, kept as history, mended by sending again."""
