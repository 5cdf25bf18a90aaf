"""The first start on a PC: what it is to work with, and the least that a new clinic needs."""
