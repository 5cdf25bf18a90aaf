"""The calendar on screen: layout, geometry, model, painting and the keys and gestures on it."""
