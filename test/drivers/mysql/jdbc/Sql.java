import java.sql.BatchUpdateException;
import java.sql.Connection;
import java.sql.SQLException;

/** Short forms for statements. */
final class Sql {
  final Connection connection;

  Sql(Connection connection) {
    this.connection = connection;
  }

  interface Action {
    void run() throws Exception;
  }

  /** Rows affected. */
  int run(String text, Object... parameters) throws SQLException {
    if (parameters.length == 0) {
      try (var statement = connection.createStatement()) {
        return statement.executeUpdate(text);
      }
    }
    try (var statement = connection.prepareStatement(text)) {
      for (int index = 0; index < parameters.length; index++) statement.setObject(index + 1, parameters[index]);
      return statement.executeUpdate();
    }
  }

  /** Several statements in one message, all their results read. */
  void several(String text) throws SQLException {
    try (var statement = connection.createStatement()) {
      boolean rows = statement.execute(text);
      while (rows || statement.getUpdateCount() != -1) rows = statement.getMoreResults();
    }
  }

  /** The first column of the first row. */
  Object one(String text, Object... parameters) throws SQLException {
    try (var statement = connection.prepareStatement(text)) {
      for (int index = 0; index < parameters.length; index++) statement.setObject(index + 1, parameters[index]);
      try (var rows = statement.executeQuery()) {
        rows.next();
        return rows.getObject(1);
      }
    }
  }

  long number(String text, Object... parameters) throws SQLException {
    return ((Number) one(text, parameters)).longValue();
  }

  long after() throws SQLException {
    return number("select 1");
  }

  static SQLException error(Action action) throws Exception {
    try {
      action.run();
      return null;
    } catch (BatchUpdateException error) {
      return error.getCause() instanceof SQLException cause ? cause : error;
    } catch (SQLException error) {
      return error;
    }
  }

  static Integer errno(Action action) throws Exception {
    SQLException error = error(action);
    return error == null ? null : error.getErrorCode();
  }
}
