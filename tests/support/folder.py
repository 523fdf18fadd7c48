"""A folder of migrations that a test writes."""

import os


class Folder:
    def __init__(self, path):
        self.path = str(path)
        os.makedirs(self.path, exist_ok=True)

    def add(self, name, text=""):
        """Writes a file, making folders on the way. Bytes are written as they are."""
        path = os.path.join(self.path, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(text if isinstance(text, bytes) else text.encode())
        return path

    def add_all(self, files):
        for name, text in files.items():
            self.add(name, text)

    def remove(self, name):
        os.remove(os.path.join(self.path, name))

    def copy_to(self, path, up_to=None):
        """Another build's folder: the same files, or those whose version is at most `up_to`."""
        other = Folder(path)
        for name in sorted(os.listdir(self.path)):
            if up_to is None or int(name.split("_")[0]) <= up_to:
                with open(os.path.join(self.path, name), "rb") as file:
                    other.add(name, file.read())
        return other


def create_table(name):
    return f"CREATE TABLE {name} (id INTEGER);\n"


def numbered_tables(count, first=1):
    """Files that make `count` tables, `1_t1.sql` and so on, each with its undo."""
    files = {}
    for number in range(first, first + count):
        files[f"{number}_t{number}.sql"] = create_table(f"t{number}")
        files[f"{number}_t{number}.down.sql"] = f"DROP TABLE t{number};\n"
    return files
