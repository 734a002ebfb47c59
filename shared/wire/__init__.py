"""The wire: messages, their limits and errors, chunks of pictures, addresses and sockets, for both sides."""
