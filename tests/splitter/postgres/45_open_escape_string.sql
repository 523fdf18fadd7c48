SELECT E'never \'closed\\\';
