int checked;
