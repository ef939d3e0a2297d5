from django.urls import path

from . import views

# Without a prefix: a shape has no language.
urlpatterns = [path("wijken/<slug:slug>.geojson", views.outline, name="outline")]
