"""The reviewer host: the desk and the courier."""
