import io


class StreamingBody(io.BytesIO):
    def iter_lines(self, chunk_size=1024):
        return iter(self.read().splitlines())

    def iter_chunks(self, chunk_size=1024):
        return iter(lambda: self.read(chunk_size), b"")
