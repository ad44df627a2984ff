"""What does every launch style share? The process itself: its output, its end, its application.

| what                             | modules                                                       |
|----------------------------------|---------------------------------------------------------------|
| before the program is imported   | started                                                       |
| what it prints, and its log      | diversion stderr_log line_writer line_handler patient_logging |
| what a record of the log says    | records levels uncaught                                       |
| where it listens                 | endpoint relay server_limits                                  |
| how it ends, and what forks keep | guardian children                                             |
| its life, and whose it is        | serving application identity                                  |
"""
