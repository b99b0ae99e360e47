"""Services for one person's own machine: Airflow, MLflow's pages and the documents, on 127.0.0.1.

``python -m include.services airflow|mlflow|docs``. A server for several people is
``docker-compose.yaml``'s business.
"""
