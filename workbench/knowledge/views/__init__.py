"""Views of a graph as data: a picture with places, and what two times differ in."""
