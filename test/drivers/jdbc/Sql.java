import java.sql.BatchUpdateException;
import java.sql.Connection;
import java.sql.SQLException;
import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;

/** Short forms for statements. */
final class Sql {
  private final Connection connection;

  Sql(Connection connection) {
    this.connection = connection;
  }

  interface Action {
    void run() throws Exception;
  }

  void run(String text) throws SQLException {
    try (var statement = connection.createStatement()) {
      statement.execute(text);
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

  int number(String text, Object... parameters) throws SQLException {
    return ((Number) one(text, parameters)).intValue();
  }

  int after() throws SQLException {
    return number("select 1");
  }

  /** The SQLSTATE of the error it ends with; `none` when it doesn't. */
  String state(String text) throws Exception {
    return state(() -> run(text));
  }

  static String state(Action action) throws Exception {
    SQLException error = error(action);
    return error == null ? "none" : error.getSQLState();
  }

  static SQLException error(Action action) throws Exception {
    try {
      action.run();
      return null;
    } catch (BatchUpdateException error) {
      return error.getNextException() == null ? error : error.getNextException();
    } catch (SQLException error) {
      return error;
    }
  }

  static ServerErrorMessage fields(SQLException error) {
    return ((PSQLException) error).getServerErrorMessage();
  }
}
