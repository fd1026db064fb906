//! Who may do what: every role with every action, page and address of the API.

mod impartiality;
mod operations;
mod pages;
mod participants;
mod people;
mod programs;
mod setting_up;
mod without_organisation;
